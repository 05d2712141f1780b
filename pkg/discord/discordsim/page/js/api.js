// What the page asks the fake for; see page.go.

export async function get(name, parameters) {
  return read(await fetch(`sim/${name}?${new URLSearchParams(parameters)}`));
}

// post does something; files are pairs of an option and a File. The error's message is for people.
export async function post(name, payload, files = []) {
  if (!files.length) {
    return read(await fetch(`sim/${name}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(payload) }));
  }
  const form = new FormData();
  form.append("payload", JSON.stringify(payload));
  for (const [option, file] of files) form.append(`file:${option}`, file, file.name);
  return read(await fetch(`sim/${name}`, { method: "POST", body: form }));
}

async function read(answer) {
  const body = await answer.json().catch(() => ({ error: `The server answered ${answer.status}.` }));
  if (!answer.ok) throw new Error(body.error);
  return body;
}

// listen calls hear with every event of a channel until the returned function is called, the first time when opened is:
// what is asked for then misses nothing. broken is told after a connection came back, as something may have been missed.
export function listen(parameters, hear, opened, broken) {
  const source = new EventSource(`sim/events?${new URLSearchParams(parameters)}`);
  let lost = false, first = true;
  source.onmessage = (e) => hear(JSON.parse(e.data));
  source.onerror = () => { lost = true; };
  source.onopen = () => {
    if (first) opened();
    else if (lost) broken();
    first = lost = false;
  };
  return () => source.close();
}

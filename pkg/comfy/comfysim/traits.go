package comfysim

import "fmt"

// traits are the differences between the recorded versions (reference: the recordings, scenario named beside).
type traits struct {
	canonicalIDs    bool // prompt_id must be a canonical UUID (client_prompt_id)
	createTime      bool // extra_data carries create_time (batch)
	jobsList        bool // GET /api/jobs exists (jobs_api)
	jobsCancel      bool // POST /api/jobs/{id}/cancel exists (jobs_api)
	previewsCounted bool // jobs carry previewable_outputs_count (jobs_api)
	promptPreview   bool // extra_data.preview_method is obeyed (preview_method_per_prompt)
	missingNodeType bool // an unknown class is missing_node_type, not invalid_prompt (rejected)
	namesCycles     bool // a cycle is reported as dependency_cycle (rejected)
}

func traitsOf(version string) (traits, error) {
	switch version {
	case "0.3.64":
		return traits{}, nil
	case "0.8.0":
		return traits{createTime: true, jobsList: true, promptPreview: true}, nil
	case "0.33.0":
		return traits{
			canonicalIDs: true, createTime: true, jobsList: true, jobsCancel: true, previewsCounted: true,
			promptPreview: true, missingNodeType: true, namesCycles: true,
		}, nil
	}
	return traits{}, fmt.Errorf("version %q: want one of the recorded ones, 0.3.64, 0.8.0 or 0.33.0", version)
}

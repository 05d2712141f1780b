package comfysim

// nodeFunc is what executes a class; nil where this fake only knows its description.
func nodeFunc(class string) node {
	switch class {
	case "LabWork":
		return labWork
	case "LabFail":
		return labFail
	case "EmptyImage":
		return emptyImage
	case "LoadImage":
		return loadImage
	case "LoadImageMask":
		return loadImageMask
	case "SaveImage":
		return saveImage
	case "PreviewImage":
		return previewImage
	case "CreateVideo":
		return createVideo
	case "SaveVideo":
		return saveVideo
	case "PrimitiveString", "PrimitiveStringMultiline", "PrimitiveInt", "PrimitiveFloat":
		return primitive
	}
	if fn := imageNode(class); fn != nil {
		return fn
	}
	return modelNode(class)
}

func imageNode(class string) node {
	switch class {
	case "ImageInvert", "InvertMask":
		return mapPictures(invert)
	case "ImageFlip":
		return imageFlip
	case "ImageCrop":
		return imageCrop
	case "ImageScale":
		return imageScale
	case "ImageScaleBy":
		return imageScaleBy
	case "ImageBlend":
		return imageBlend
	case "ImageCompositeMasked":
		return imageComposite
	case "ImageBatch":
		return imageBatch
	case "ImageFromBatch":
		return imageFromBatch
	case "RepeatImageBatch":
		return repeatImageBatch
	case "SolidMask":
		return solidMask
	case "MaskToImage", "ImageToMask":
		return firstPictures
	}
	return nil
}

func modelNode(class string) node {
	switch class {
	case "CheckpointLoaderSimple":
		return loadCheckpoint
	case "LoraLoader", "LoraLoaderModelOnly":
		return loadLoRA
	case "CLIPSetLastLayer":
		return clipSetLastLayer
	case "CLIPTextEncode":
		return encodeText
	case "EmptyLatentImage":
		return emptyLatent
	case "VAEEncode":
		return encodeLatent
	case "VAEDecode":
		return decodeLatent
	case "KSampler":
		return sample
	}
	return nil
}

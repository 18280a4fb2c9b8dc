/** Models as bytes, free of Node. Folders on disk are `model-folder.js`. */
export type { Json, JsonObject, ModelFiles, StoredModel } from './model.js'
export { assignWeights, FORMAT_VERSION, packModel, storeWeights, unpackModel } from './model.js'

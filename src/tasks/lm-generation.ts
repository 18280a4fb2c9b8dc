import { checkGeneration, type GenerateTextOptions } from './lm-generate.js'
import type { Generation } from './task.js'
import type { TextModel } from './text-model.js'

/** How language models write: piece by piece behind the prompt. */
export const lmGeneration: Generation<TextModel, string> = {
  options: ['length', 'line', 'temperature', 'topK', 'topP', 'repetitionPenalty', 'seed'],
  generate(model, prompt, options, show) {
    const given: GenerateTextOptions = { ...(prompt !== undefined && { prompt }), ...options }
    checkGeneration(given) // before anything is shown
    show(prompt ?? '')
    const { text, tokens, logProb, ...rest } = model.generate({ ...given, onText: show })
    show('\n')
    return { json: { prompt: rest.prompt, text, tokens, logProb } }
  },
}

import { classify } from '../tasks/classify.js'
import { resolveConfiguration } from '../tasks/configuration.js'
import { demoIntents, demoQuestions, demoRows } from '../tasks/demo-intents.js'
import { taskFiles } from '../tasks/registry-files.js'
import type { Run } from '../tasks/run.js'
import type { TextClassifier } from '../tasks/text-classifier.js'
import { percent } from '../tasks/text-table.js'
import { type GivenOptions, withOptions } from './given.js'
import { printScores } from './scores.js'
import { paint, print, say, tint } from './terminal.js'
import { runShown } from './train.js'

/** `unrolled demo`: the main job on built-in data, from phrases to answered questions. */
export async function demo(options: GivenOptions & { readonly json?: boolean }): Promise<void> {
  const { values, locate } = withOptions({ values: { task: 'classify' }, locate: () => undefined }, options)
  const configuration = resolveConfiguration(classify, taskFiles.classify, values, locate)
  const intents = Object.keys(demoIntents)
  say(
    `${tint.bold('Data')}  ${demoRows.length} phrases that people say to an assistant, ${intents.length} intents`,
  )
  for (const { text, label } of demoRows.filter((_, row) => row % 170 === 0))
    say(tint.dim(`      ${label}: ${text}`))
  await runShown({
    configuration,
    rows: demoRows,
    after: async (run) => {
      const questions = ask(run.model as TextClassifier)
      if (options.json) print(JSON.stringify({ ...run.summary, out: configuration.out, questions }))
      else show(run, questions, configuration.out)
    },
  })
}

interface Answers {
  readonly asked: number
  readonly right: number
  readonly answers: readonly { text: string; expected: string; label: string; score: number }[]
}

function ask(model: TextClassifier): Answers {
  const answers = demoQuestions.map(({ text, label: expected }) => ({
    text,
    expected,
    ...model.predict(text)[0],
  }))
  const right = answers.filter(({ expected, label }) => expected === label).length
  return { asked: answers.length, right, answers }
}

function show(run: Run, { asked, right, answers }: Answers, out: string | null): void {
  printScores(run)
  print()
  print(paint.bold('Questions that are not among the phrases'))
  const width = Math.max(...answers.map(({ text }) => text.length))
  for (const { text, expected, label, score } of answers) {
    const mark = label === expected ? paint.green('✓') : paint.red('✗')
    const meant = label === expected ? '' : paint.dim(` (meant: ${expected})`)
    print(`  ${mark} ${text.padEnd(width)}  ${label} ${percent(score)}${meant}`)
  }
  print(`  ${right} of ${asked} right`)
  print()
  const kept = out ?? 'models/demo'
  if (out === null) print(`Keep the model:       unrolled demo --out ${kept}`)
  print(`Talk to it:           unrolled chat ${kept}`)
  print('Learn from your data: unrolled train classify --data intents.jsonl')
}

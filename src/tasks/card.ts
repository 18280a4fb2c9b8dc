import type { Run } from './run.js'
import type { Evaluation } from './task.js'
import { scoreText } from './text-table.js'

/** Where a run's data are from, for the model card. */
export interface CardData {
  /** The file or folder, or "rows in memory". */
  readonly source: string
}

/** The model card: what the model does, how well beside simple rules, and how to use it. */
export function modelCard({ summary, scores, settings }: Run, { source }: CardData): string {
  const { task, parameters, train, seconds, seed } = summary
  const parts = Object.entries(scores).map(([part, evaluation]) => scoreTable(part, evaluation))
  return [
    `# A model of the task ${task}`,
    `Trained by unrolled on ${source} (${Number(train.rows).toLocaleString('en')} training rows, seed ${seed}) in ${seconds.toFixed(1)} seconds; ${parameters.toLocaleString('en')} parameters.`,
    '## Scores',
    parts.length > 0 ? parts.join('\n\n') : 'None: no rows were held out.',
    '## Use',
    `\`\`\`js\nimport { load } from 'unrolled'\nconst model = await load('.')\nmodel.predict('…')\n\`\`\``,
    `\`\`\`\nunrolled predict . '…'\nunrolled evaluate . data\n\`\`\``,
    '## Limits',
    'It knows only what its training rows show; scores on other data will differ. The baselines say how much of a score simple rules reach.',
    '## Settings',
    `\`\`\`json\n${JSON.stringify(settings, null, 2)}\n\`\`\``,
    '',
  ].join('\n\n')
}

function scoreTable(part: string, { rows, scores, baselines }: Evaluation): string {
  const [headline] = Object.keys(scores)
  const lines = [
    ...Object.entries(scores).map(([name, value]) => [name, scoreText(name, value)]),
    ...Object.entries(baselines).map(([name, value]) => [`baseline: ${name}`, scoreText(headline, value)]),
  ]
  const body = lines.map(([name, value]) => `| ${name} | ${value} |`).join('\n')
  return `| ${part}, ${rows.toLocaleString('en')} rows | |\n|---|---|\n${body}`
}

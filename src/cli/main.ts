#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { taskNames } from '../tasks/registry.js'
import { explain } from './failure.js'

/**
 * The command line. Each command is a file that is loaded when the command is run, so that `--help` answers at once.
 */
export function program(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const unrolled = new Command('unrolled')
    .description('Train, look inside and ship recurrent sequence models.')
    .version(version)
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false })
    .addHelpText('after', '\nBegin with: unrolled demo')

  const json = ['--json', 'print one JSON object as the last line of standard output'] as const
  const set = [
    '--set <path=value...>',
    'override a setting, such as --set train.epochs=5 model.cell=gru',
  ] as const
  const searchSet = 'how a search goes, such as decode.width=1'
  const seed = ['--seed <number>', 'decides everything random (default 1)'] as const

  unrolled
    .command('demo')
    .description('learn the intents of an everyday assistant from built-in phrases, and answer questions')
    .option('--out <folder>', 'keep the model there')
    .option(...set)
    .option(...seed)
    .option(...json)
    .action(async (options) => (await import('./demo.js')).demo(options))

  unrolled
    .command('init')
    .description('write unrolled.yaml with every setting, its default and what it does')
    .argument('<task>', `what is to be learned: ${[...taskNames].sort().join(', ')}`)
    .option('--data <path>', 'the file or folder to learn from; it is read and shown')
    .option('--out <file>', 'another name for the configuration (default unrolled.yaml)')
    .action(async (task, options) => (await import('./init.js')).init(task, options))

  unrolled
    .command('train')
    .description('learn from files')
    .argument('[task or config.yaml]', 'a task, or a configuration that `unrolled init` has written')
    .option('--data <path>', 'a file or folder; its format is detected')
    .option('--valid <path>', 'rows that choose the best epoch; none: no rows do, the last epoch is kept')
    .option('--test <path>', 'rows for the final score')
    .option('--out <folder>', 'where model, log and checkpoints go (default runs/<task>-<data>)')
    .option('--resume <folder>', 'go on with the interrupted run in this folder')
    .option(...set)
    .option(...seed)
    .option(...json)
    .action(async (what, options) => (await import('./train.js')).train(what, options))

  unrolled
    .command('evaluate')
    .description('score a model on data, beside simple rules')
    .argument('<model>', 'a model folder')
    .argument('<data>', 'a file or folder; where it names a test part, that part')
    .option(
      '--beside <models...>',
      'instead: whether these models are better on the same rows, or by chance only',
    )
    .option('--alignments <file>', 'also write what differs, row by row: errors.txt or errors.jsonl')
    .option('--attribute', 'beam or model? who is at fault for each wrong output that was searched for')
    .option('--set <path=value...>', `how data are read, such as --set read.source=de; ${searchSet}`)
    .option('--out <file.svg>', 'a picture of it, where the task draws one: the trade-off of a detector')
    .option(...json)
    .action(async (model, data, options) => (await import('./evaluate.js')).evaluate(model, data, options))

  unrolled
    .command('predict')
    .description('answer texts, or files where the model reads sounds, images or series')
    .argument('<model>', 'a model folder')
    .argument('[input...]', 'texts, or files with a text per line; without any, standard input')
    .option('--json', 'print one JSON object per input')
    .action(async (model, inputs, options) => (await import('./predict.js')).predict(model, inputs, options))

  unrolled
    .command('chat')
    .description('a prompt: type a line, see what the model makes of it')
    .argument('<model>', 'a model folder')
    .action(async (model) => (await import('./chat.js')).chat(model))

  unrolled
    .command('listen')
    .description('say when a word is heard, or what is said, live')
    .argument(
      '<model>',
      'a model folder of the task trigger, or of transcribe with a model that reads forward',
    )
    .argument('[source]', '-: raw sound from standard input, 16 bits, one channel; without it the microphone')
    .option('--rate <hertz>', "samples per second of the sound (default: the model's)")
    .option('--set <path=value...>', 'how it decides, such as detect.threshold=0.9')
    .option('--json', 'print one JSON object per detection, or whenever more text is settled')
    .action(async (model, source, options) => (await import('./listen.js')).listen(model, source, options))

  unrolled
    .command('generate')
    .description('go on with a text, shown while it is written, or with a piece of music')
    .argument('<model>', 'the folder of a language model or a music model')
    .argument('[prompt]', 'what it begins with: a text; for music a MIDI file')
    .option('--length <tokens>', 'how many tokens to write (default 200)')
    .option('--line', 'end with the line')
    .option('--steps <number>', 'music: how many steps to draw (default 64)')
    .option('--tempo <number>', 'music: beats per minute (default 100)')
    .option('--out <file>', 'music: piece.mid, picture.svg or notes.json')
    .option(
      '--temperature <number>',
      'below 1: likelier tokens; 0: always the likeliest (default 0.8, for music 1)',
    )
    .option('--top-k <number>', 'draw from so many likeliest tokens')
    .option('--top-p <share>', 'draw from the likeliest tokens that have this share together')
    .option('--repetition-penalty <number>', 'above 1: fewer repetitions')
    .option(...seed)
    .option(...json)
    .action(async (model, prompt, options) =>
      (await import('./generate.js')).generate(model, prompt, options),
    )

  unrolled
    .command('score')
    .description('say how probable sentences are, or rank an n-best list')
    .argument('<model>', 'the folder of a language model')
    .argument('[input...]', 'sentences, or files with one per line; without any, standard input')
    .option('--rank', 'the most probable first')
    .option(...json)
    .action(async (model, inputs, options) => (await import('./score.js')).score(model, inputs, options))

  unrolled
    .command('translate')
    .description('translate texts by beam search or by drawing, and show what was read for each token')
    .argument('<model>', 'a model folder of the task translate')
    .argument('[input...]', 'texts, or files with a text per line; without any, standard input')
    .option('--width <number>', 'hypotheses that the beam search carries on; 1: greedy')
    .option('--best <number>', 'how many translations of each text')
    .option('--alpha <number>', 'length normalisation: 0 prefers short texts, 1 compares means')
    .option('--coverage <number>', 'how much it costs to leave parts of the source unread')
    .option('--longest <number>', 'tokens written at most')
    .option('--prefix <text>', 'what each translation must begin with')
    .option('--ban <words...>', 'words that never occur')
    .option('--set <path=value...>', `${searchSet} or decode.noRepeatNgram=3`)
    .option('--sample', "draw from the model's probabilities in place of searching")
    .option('--temperature <number>', 'of samples, below 1: likelier tokens (default 1)')
    .option('--top-k <number>', 'draw from so many likeliest tokens')
    .option('--top-p <share>', 'draw from the likeliest tokens that have this share together')
    .option('--repetition-penalty <number>', 'above 1: fewer repetitions')
    .option(...seed)
    .option('--attention', 'show what was read for each token')
    .option('--out <file.svg>', 'a picture of it, of the last text')
    .option('--json', 'print one JSON object per text')
    .action(async (model, inputs, options) =>
      (await import('./translate.js')).translate(model, inputs, options),
    )

  unrolled
    .command('transcribe')
    .description('write what recordings, or pictures of lines of writing, say')
    .argument('<model>', 'a model folder of the task transcribe')
    .argument(
      '[file...]',
      'WAV, FLAC, MP3, PNG or JPEG files, or folders of them; without any, a file on standard input',
    )
    .option('--width <number>', 'texts that the search carries on; 1: the best class of each step')
    .option('--best <number>', 'how many texts of each file')
    .option('--times', 'show when each word is said')
    .option('--lm <file.arpa>', 'a language model of words that the search listens to')
    .option('--lm-weight <number>', 'how much it counts (default 0.5)')
    .option('--word-bonus <number>', 'added for each word, against the preference for short texts')
    .option('--words <file>', 'the only words there are, one a line')
    .option(
      '--hot <word>',
      'a word to be expected, such as a name; word=4 for a stronger expectation; may be given several times',
      (word: string, before: readonly string[] = []) => [...before, word],
    )
    .option('--json', 'print one JSON object per file')
    .action(async (model, files, options) =>
      (await import('./transcribe.js')).transcribe(model, files, options),
    )

  unrolled
    .command('forecast')
    .description('say how the series of a file go on, with intervals')
    .argument('<model>', 'a model folder of the task forecast')
    .argument('<data>', 'a file of series: CSV, TSV, Parquet; -: standard input')
    .option('--steps <number>', 'how many steps ahead (default: as many as the model has learned)')
    .option('--out <file>', 'a picture or a table: forecast.svg, .csv or .json')
    .option(...json)
    .action(async (model, data, options) => (await import('./forecast.js')).forecast(model, data, options))

  unrolled
    .command('caption')
    .description('say in words what is to be seen in images, and show what was looked at for each word')
    .argument('<model>', 'a model folder of the task caption')
    .argument('[image...]', 'PNG or JPEG files (features as .safetensors); without any, standard input')
    .option('--width <number>', 'hypotheses that the beam search carries on; 1: greedy')
    .option('--best <number>', 'how many captions of each image')
    .option('--alpha <number>', 'length normalisation: 0 prefers short captions, 1 compares means')
    .option('--longest <number>', 'words written at most')
    .option('--prefix <text>', 'what each caption must begin with')
    .option('--ban <words...>', 'words that never occur')
    .option('--set <path=value...>', `${searchSet} or decode.noRepeatNgram=3`)
    .option('--extractor <model.onnx>', 'what sees, for a model that has learned from features')
    .option('--output <name>', 'the output of the extractor that holds the features (default the first)')
    .option('--side <pixels>', 'the side of its images, where it leaves it open (default 224)')
    .option('--mean <numbers>', 'what is taken off each colour for it (default 0.485,0.456,0.406)')
    .option('--deviation <numbers>', 'what it is divided by (default 0.229,0.224,0.225)')
    .option('--attention', 'show what was looked at for each word')
    .option('--out <file.svg>', 'a picture of it over the image, of the last one')
    .option('--json', 'print one JSON object per image')
    .action(async (model, images, options) => (await import('./caption.js')).caption(model, images, options))

  unrolled
    .command('features')
    .description('what a network in ONNX sees in images, for captions (needs the package onnxruntime-web)')
    .argument('<extractor>', 'an ONNX model that reads images [1, 3, side, side]')
    .argument('<image...>', 'PNG or JPEG files, or folders of them')
    .requiredOption('--out <file.safetensors>', 'where the features go, a tensor for each image')
    .option('--output <name>', 'the output that holds the features (default the first)')
    .option('--side <pixels>', 'the side of the images, where the model leaves it open (default 224)')
    .option('--mean <numbers>', 'what is taken off each colour (default 0.485,0.456,0.406)')
    .option('--deviation <numbers>', 'what it is divided by (default 0.229,0.224,0.225)')
    .option(...json)
    .action(async (extractor, images, options) =>
      (await import('./features.js')).features(extractor, images, options),
    )

  unrolled
    .command('replies')
    .description('show the dictionary of a model of the task reply, or change it without learning anew')
    .argument('<model>', 'a model folder of the task reply')
    .option('--from <file>', 'take the replies of a file instead, one a line')
    .option('--add <replies...>', 'replies that come in')
    .option('--remove <replies...>', 'replies that go')
    .option(...json)
    .action(async (model, options) => (await import('./replies.js')).replies(model, options))

  unrolled
    .command('inspect')
    .description('look inside a model while it reads: gradients, gates, states, what it remembers')
    .argument('<model>', 'a model folder; with --sequential a file of series')
    .argument(
      '[input]',
      'what it reads: a text, or a file where the model reads files; with --by-length a file or folder of rows',
    )
    .option('--sequential', 'instead: whether series depend on their past; needs data alone, no model')
    .option('--beside <models...>', 'model folders that read the same, drawn side by side')
    .option('--span <steps>', 'how many steps back it should remember (default: the whole input)')
    .option(
      '--by-length',
      'instead: scores on data against the length of the source, with the rows of each bin',
    )
    .option('--metric <name>', 'which score: bleu, chrf, exactMatch, wer, cer (default: the headline score)')
    .option('--set <path=value...>', `${searchSet}; with --by-length also how data are read: read.source=de`)
    .option('--out <file>', 'pictures: figure.svg, page.html or numbers.json')
    .option(...json)
    .action(async (model, input, options) => (await import('./inspect.js')).inspect(model, input, options))

  unrolled
    .command('export')
    .description('write a model for other programs: the n-grams beside a language model as an ARPA file')
    .argument('<model>', 'the folder of a language model')
    .requiredOption('--out <file.arpa>', 'the file to write')
    .option(...json)
    .action(async (model, options) => (await import('./export.js')).exportModel(model, options))

  unrolled
    .command('info')
    .description('the machine, the kernels in use, threads, versions')
    .option(...json)
    .action(async (options) => (await import('./info.js')).info(options))

  for (const command of unrolled.commands) command.exitOverride().showSuggestionAfterError()
  return unrolled
}

// `unrolled predict … | head` closes the pipe early, which is no failure
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

try {
  await program().parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else process.exitCode = explain(error)
}

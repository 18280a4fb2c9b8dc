// A training in a process of its own, to be killed: <run folder> <file for the final weights> <epochs> [signal to itself, after so many steps]
import fs from 'node:fs'
import { RunFolder } from '../../src/train/disk.js'
import { fit as train } from '../../src/train/index.js'
import { abortOnInterrupt } from '../../src/train/interrupt.js'
import { carryingTraining, openEngine } from './tiny.js'

const [folder, weightsFile, epochs, signal, atStep] = process.argv.slice(2)
const engine = await openEngine()
const resume = fs.existsSync(folder)
const interrupt = abortOnInterrupt()
const options = carryingTraining(engine, {
  epochs: Number(epochs),
  store: new RunFolder(folder, { resume, logEvery: 3 }),
  checkpointEvery: { steps: 7 },
  signal: interrupt.signal,
  on: (event) => {
    fs.writeSync(1, `${JSON.stringify(event)}\n`)
    if (signal && event.type === 'batch' && event.step === Number(atStep)) process.kill(process.pid, signal)
  },
})
const { reason } = await train(options)
interrupt.dispose()
if (reason !== 'abort') fs.writeFileSync(weightsFile, new Float32Array(options.model.weights()))
await engine.dispose()

// All examples, from the smallest to the longest training.
import { example as adding } from './adding.js'
import { example as addition } from './addition.js'
import { example as agreement } from './agreement.js'
import { example as alphabet } from './alphabet.js'
import { example as ball } from './ball.js'
import { example as coins } from './coins.js'
import { example as continualReber } from './continual-reber.js'
import { example as copy } from './copy.js'
import { example as counting } from './counting.js'
import { example as dates } from './dates.js'
import { example as france } from './france.js'
import { example as jane } from './jane.js'
import type { Example } from './kit/example.js'
import { example as mnist } from './mnist.js'
import { example as nextWord } from './next-word.js'
import { example as reber } from './reber.js'
import { example as replies } from './replies.js'
import { example as reverse } from './reverse.js'
import { example as scenes } from './scenes.js'
import { example as teddy } from './teddy.js'
import { example as temporalOrder } from './temporal-order.js'

export const examples: readonly Example[] = [
  alphabet,
  teddy,
  coins,
  reber,
  continualReber,
  ball,
  agreement,
  temporalOrder,
  replies,
  france,
  nextWord,
  dates,
  jane,
  counting,
  adding,
  addition,
  copy,
  mnist,
  reverse,
  scenes,
]

/** Work is counted in multiplications of a matrix product: about 20 ps each on an AVX-512 core. */

/**
 * The work above which threads share a job: about 20 µs. A second thread takes 2 µs to begin (measured), but on a busy
 * machine it may let the first one wait much longer.
 */
export const workForThreads = 2 ** 20

/** What an element costs that is read, added and written (measured). */
export const elementCost = 8

/** What an element costs that goes through a function such as tanh, or gets a random number (measured). */
export const functionCost = 32

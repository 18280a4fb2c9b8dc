/**
 * Lets timers, signals and clicks have their turn, and comes back at once. A timer would wait: at least a millisecond in
 * Node, 4 in a page and up to a second in a page that is not on top.
 */
export function pause(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve))
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}

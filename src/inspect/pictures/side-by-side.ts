import type { Inspection } from '../inspection.js'
import { drawAttention } from './attention.js'
import { drawGates } from './gates.js'
import { drawGaze } from './gaze.js'
import { drawGradientFlow } from './gradient-flow.js'
import { drawHiddenMap } from './hidden-map.js'
import { drawInfluence } from './influence.js'
import { shortened } from './labels.js'
import { drawSearch, searchFinding } from './search.js'

/** A picture with what it is about. */
export interface NamedPicture {
  readonly name: 'attention' | 'gaze' | 'search' | 'influence' | 'gradient flow' | 'hidden map' | 'gates'
  readonly svg: string
}

/**
 * Every picture that the inspections have numbers for; several inspections (the same text through several cells) share each of them, but
 * for attention, gaze and search, of which each inspection that has them gets its own.
 */
export function drawAll(inspections: readonly Inspection[]): NamedPicture[] {
  const has = (test: (inspection: Inspection) => boolean) => inspections.some(test)
  const titled = ({ title }: Inspection, what: string) =>
    inspections.length > 1 ? `${shortened(title, 40)}: ${what}` : what
  return [
    ...inspections.flatMap((inspection) => {
      const { attention } = inspection
      if (!attention) return []
      const title = titled(inspection, 'What was read for each token')
      return [{ name: 'attention' as const, svg: drawAttention(attention, title) }]
    }),
    ...inspections.flatMap((inspection) => {
      const { gaze } = inspection
      if (!gaze) return []
      const title = titled(inspection, 'What was looked at for each word')
      return [{ name: 'gaze' as const, svg: drawGaze(gaze, title) }]
    }),
    ...inspections.flatMap((inspection) => {
      const { search } = inspection
      if (!search) return []
      const title = titled(inspection, searchFinding(search))
      return [{ name: 'search' as const, svg: drawSearch(search, title) }]
    }),
    { name: 'gradient flow' as const, svg: drawGradientFlow(inspections) },
    ...(has(({ influence }) => influence !== undefined)
      ? [{ name: 'influence' as const, svg: drawInfluence(inspections) }]
      : []),
    { name: 'hidden map' as const, svg: drawHiddenMap(inspections) },
    ...(has(({ layers }) => layers.some(({ gates }) => gates.length > 0))
      ? [{ name: 'gates' as const, svg: drawGates(inspections) }]
      : []),
  ]
}

/** All pictures one below the other in a single SVG: the figure for a page or a slide. */
export function drawFigure(inspections: readonly Inspection[]): string {
  const pictures = drawAll(inspections).map(({ svg }) => ({ svg, ...sizeOf(svg) }))
  const width = Math.max(...pictures.map((picture) => picture.width))
  let y = 0
  const parts = pictures.map(({ svg, height }) => {
    const placed = svg.replace('<svg ', `<svg x="0" y="${y}" `)
    y += height + 12
    return placed
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}">
<rect width="${width}" height="${y}" fill="#ffffff"/>
${parts.join('')}</svg>
`
}

function sizeOf(svg: string): { width: number; height: number } {
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? []
  return { width: Number(width), height: Number(height) }
}

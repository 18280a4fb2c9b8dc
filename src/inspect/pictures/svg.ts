/** The little of SVG that the pictures need. Everything is a string; all text is escaped. */

/** Colours that colour-blind people tell apart (Okabe and Ito 2008), in an order that also differs in grey. */
export const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00'] as const

/** Colours of everything that is no data. */
export const ink = { text: '#1b1f24', faint: '#5b6470', line: '#9aa3ad', grid: '#e3e6ea', paper: '#ffffff' }

/** Dashes, so that lines differ without colour too. */
export const dashes = ['', '7 4', '2 3', '10 3 2 3'] as const

const family = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, 'DejaVu Sans', sans-serif"

/** Text that is safe inside SVG and HTML. */
export function escaped(text: string): string {
  const names: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  // control characters are no XML, however they are written
  const clean = [...text].map((character) => (isControl(character) ? '\u{fffd}' : character)).join('')
  return clean.replace(/[&<>"']/g, (character) => names[character])
}

function isControl(character: string): boolean {
  const code = character.codePointAt(0) as number
  return (
    (code < 32 && code !== 9 && code !== 10 && code !== 13) ||
    (code >= 0xd800 && code <= 0xdfff) ||
    code === 0xfffe ||
    code === 0xffff
  )
}

/** How text looks. */
export interface TextStyle {
  readonly size?: number
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly colour?: string
  readonly bold?: boolean
  /** Degrees, around its place. */
  readonly turn?: number
  readonly mono?: boolean
}

/** Text at a place; `h_{t}` gets a subscript. */
export function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { size = 13, anchor = 'start', colour = ink.text, bold, turn, mono } = style
  const turned = turn === undefined ? '' : ` transform="rotate(${turn} ${round(x)} ${round(y)})"`
  const weight = bold ? ' font-weight="600"' : ''
  const font = mono ? ' font-family="ui-monospace, Menlo, Consolas, \'DejaVu Sans Mono\', monospace"' : ''
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" text-anchor="${anchor}" fill="${colour}"${weight}${font}${turned}>${subscripted(content)}</text>`
}

function subscripted(content: string): string {
  return content
    .split(/(_\{[^}]*\})/)
    .map((part, k) =>
      k % 2 === 0
        ? escaped(part)
        : `<tspan dy="3.5" font-size="75%">${escaped(part.slice(2, -1))}</tspan><tspan dy="-3.5">&#8203;</tspan>`,
    )
    .join('')
}

/** Text broken into lines of at most `width` pixels, one below the other. */
export function paragraph(
  x: number,
  y: number,
  content: string,
  width: number,
  style: TextStyle = {},
): string {
  const { size = 13, bold = false } = style
  return brokenLines(content, width, size, bold)
    .map((line, k) => text(x, y + k * size * 1.35, line, style))
    .join('')
}

/** The lines that `paragraph` makes. */
function brokenLines(content: string, width: number, size = 13, bold = false): string[] {
  const lines: string[] = []
  for (const word of content.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && textWidth(`${last} ${word}`, size, bold) <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** About how wide text is, in the widest of the fonts that browsers take. */
export function textWidth(content: string, size = 13, bold = false): number {
  return [...content.replaceAll(/_\{|\}/g, '')].length * size * (bold ? 0.66 : 0.58)
}

/** The heading of a picture, in as many lines as it needs, and where they end. */
export function headed(heading: string, width: number): { readonly part: string; readonly bottom: number } {
  const lines = brokenLines(heading, width - 28, 17, true)
  return {
    part: paragraph(14, 30, heading, width - 28, { size: 17, bold: true }),
    bottom: 30 + (lines.length - 1) * 23,
  }
}

/** How shapes look. `tip` is shown when a mouse rests on it. */
export interface ShapeStyle {
  /** The radius of a rectangle's corners. */
  readonly corner?: number
  readonly fill?: string
  readonly stroke?: string
  readonly width?: number
  readonly dash?: string
  readonly opacity?: number
  readonly tip?: string
}

/** A rectangle. */
export function box(x: number, y: number, width: number, height: number, style: ShapeStyle = {}): string {
  return closed(
    `<rect x="${round(x)}" y="${round(y)}" width="${round(Math.max(0, width))}" height="${round(Math.max(0, height))}"${style.corner ? ` rx="${style.corner}"` : ''}`,
    'rect',
    style,
  )
}

/** A line through points. */
export function line(points: readonly (readonly [number, number])[], style: ShapeStyle = {}): string {
  const path = points.map(([x, y], k) => `${k ? 'L' : 'M'}${round(x)} ${round(y)}`).join('')
  return closed(`<path d="${path}" stroke-linejoin="round" stroke-linecap="round"`, 'path', {
    fill: 'none',
    stroke: ink.text,
    ...style,
  })
}

/** A surface within points. */
export function area(points: readonly (readonly [number, number])[], style: ShapeStyle = {}): string {
  const path = points.map(([x, y], k) => `${k ? 'L' : 'M'}${round(x)} ${round(y)}`).join('')
  return closed(`<path d="${path}Z"`, 'path', style)
}

/** A line that leaves one place downwards and comes to another from above. */
export function curve(x: number, y: number, toX: number, toY: number, style: ShapeStyle = {}): string {
  const middle = round((y + toY) / 2)
  const path = `M${round(x)} ${round(y)}C${round(x)} ${middle} ${round(toX)} ${middle} ${round(toX)} ${round(toY)}`
  return closed(`<path d="${path}"`, 'path', { fill: 'none', stroke: ink.text, ...style })
}

/** A filled circle. */
export function dot(x: number, y: number, radius: number, style: ShapeStyle = {}): string {
  return closed(`<circle cx="${round(x)}" cy="${round(y)}" r="${round(radius)}"`, 'circle', style)
}

function closed(
  begin: string,
  name: string,
  { fill = ink.text, stroke, width = 1, dash, opacity, tip }: ShapeStyle,
): string {
  const parts = [
    ` fill="${fill}"`,
    stroke ? ` stroke="${stroke}" stroke-width="${width}"` : '',
    dash ? ` stroke-dasharray="${dash}"` : '',
    opacity === undefined ? '' : ` opacity="${opacity}"`,
  ].join('')
  return tip === undefined
    ? `${begin}${parts}/>`
    : `${begin}${parts}><title>${escaped(tip)}</title></${name}>`
}

/** A picture: white ground, and a title for people who do not see it. */
export function picture(width: number, height: number, title: string, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" role="img" font-family="${family}">
<title>${escaped(title.replaceAll(/_\{([^}]*)\}/g, '_$1'))}</title>
${box(0, 0, width, height, { fill: ink.paper })}
${parts.join('\n')}
</svg>
`
}

/** A picture's parts moved to another place. */
export function moved(x: number, y: number, parts: readonly string[]): string {
  return `<g transform="translate(${round(x)} ${round(y)})">${parts.join('')}</g>`
}

/** A tenth of a pixel is as fine as anybody sees. */
export function round(value: number): number {
  return Math.round(value * 10) / 10
}

// The little of SVG that the pictures need: text with subscripts, boxes, arrows. Colours are Okabe and Ito's, which
// colour-blind people can tell apart; meaning is never in the colour alone.

export const colours = {
  ink: '#1b1f24',
  faint: '#6b7280',
  line: '#9aa3ad',
  paper: '#ffffff',
  blue: '#0072b2',
  orange: '#d55e00',
  green: '#009e73',
  paleBlue: '#dceaf5',
  paleOrange: '#fae3d3',
  paleGreen: '#d5efe6',
  paleGrey: '#eef0f2',
}

const escaped = (text) =>
  String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** `h_{t-1}` gets a subscript. */
function withSubscripts(text) {
  return String(text)
    .split(/(_\{[^}]*\})/)
    .map((part, i) => {
      if (i % 2 === 0) return escaped(part)
      const inner = escaped(part.slice(2, -1))
      return `<tspan dy="4" font-size="75%">${inner}</tspan><tspan dy="-4">&#8203;</tspan>`
    })
    .join('')
}

const attributes = (values) =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${value}"`)
    .join('')

export function text(
  x,
  y,
  string,
  { size = 14, anchor = 'middle', colour = colours.ink, bold, mono, italic } = {},
) {
  const style = {
    'font-size': size,
    'text-anchor': anchor,
    fill: colour,
    'font-weight': bold ? 600 : undefined,
    'font-style': italic ? 'italic' : undefined,
    'font-family': mono
      ? 'ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace'
      : undefined,
  }
  return `<text x="${round(x)}" y="${round(y)}"${attributes(style)}>${withSubscripts(string)}</text>`
}

export function box(
  x,
  y,
  width,
  height,
  { fill = colours.paper, stroke = colours.ink, radius = 6, dash, thick = 1.4 } = {},
) {
  const style = { fill, stroke, 'stroke-width': thick, 'stroke-dasharray': dash }
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${radius}"${attributes(style)}/>`
}

/** A line through points, with an arrow head at its end unless `plain`. */
export function line(points, { colour = colours.ink, thick = 1.6, plain = false, dash } = {}) {
  const path = points.map(([x, y], i) => `${i ? 'L' : 'M'}${round(x)} ${round(y)}`).join('')
  const style = {
    stroke: colour,
    'stroke-width': thick,
    'stroke-dasharray': dash,
    'marker-end': plain ? undefined : 'url(#head)',
  }
  return `<path d="${path}" fill="none" stroke-linejoin="round"${attributes(style)}/>`
}

/** Where a line branches. */
export function dot(x, y) {
  return `<circle cx="${round(x)}" cy="${round(y)}" r="3" fill="${colours.ink}"/>`
}

/** A circle with an operation in it. */
export function operation(x, y, sign, { radius = 13, fill = colours.paper } = {}) {
  return `<circle cx="${x}" cy="${y}" r="${radius}" fill="${fill}" stroke="${colours.ink}" stroke-width="1.4"/>${text(x, y + 5.5, sign, { size: 17 })}`
}

export function picture(width, height, title, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, DejaVu Sans, sans-serif">
<title>${escaped(title)}</title>
<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerUnits="userSpaceOnUse" markerWidth="11" markerHeight="11" orient="auto-start-reverse"><path d="M0 0.8 10 5 0 9.2z" fill="context-stroke"/></marker></defs>
<rect width="${width}" height="${height}" rx="8" fill="${colours.paper}"/>
${parts.flat(9).join('\n')}
</svg>
`
}

/** A line through points in one list: x, y, x, y … */
export function wire(coordinates, options) {
  const points = []
  for (let i = 0; i < coordinates.length; i += 2) points.push([coordinates[i], coordinates[i + 1]])
  return line(points, options)
}

export const round = (value) => Math.round(value * 10) / 10

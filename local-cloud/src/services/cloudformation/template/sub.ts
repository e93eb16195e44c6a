/** The pieces of an `Fn::Sub` string: literal text, and `${name}` or `${logicalId.attribute}`. `${!x}` is literal `${x}`. */
export function splitSub(template: string): ({ text: string } | { name: string })[] {
  const parts: ({ text: string } | { name: string })[] = []
  let last = 0
  for (const match of template.matchAll(/\$\{(!?)([^}]*)\}/g)) {
    if (match.index > last) parts.push({ text: template.slice(last, match.index) })
    const [whole, literal, name = ''] = match
    parts.push(literal ? { text: `\${${name}}` } : { name: name.trim() })
    last = match.index + whole.length
  }
  if (last < template.length) parts.push({ text: template.slice(last) })
  return parts
}

/** Who writes the logs of load balancers, and the account that did in older regions (us-east-1). */
const WRITERS = {
  Service: 'logdelivery.elasticloadbalancing.amazonaws.com',
  AWS: ['arn:aws:iam::127311923021:root', '127311923021'],
}

interface Statement {
  Effect?: string
  Principal?: '*' | Record<string, string | string[]>
  Action?: string | string[]
  Resource?: string | string[]
  Condition?: Record<string, Record<string, string | string[]>>
}

/**
 * Whether a bucket's policy lets load balancers put an object there. Conditions on the source's ARN and account are
 * asked; a statement with any other condition allows nothing, and denies nothing: the delivery is over TLS.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
 */
export function mayDeliver(
  policy: string,
  object: { arn: string; sourceArn: string; sourceAccount: string },
): boolean {
  const { Statement } = JSON.parse(policy) as { Statement?: Statement | Statement[] }
  const facts: Record<string, string> = {
    'aws:sourcearn': object.sourceArn,
    'aws:sourceaccount': object.sourceAccount,
  }
  const matching = list(Statement).filter(
    one =>
      isWriter(one.Principal) &&
      list(one.Action).some(action => like(action.toLowerCase(), 's3:putobject')) &&
      list(one.Resource).some(resource => like(resource, object.arn)) &&
      Object.entries(one.Condition ?? {}).every(([operator, keys]) => {
        if (!/^(String|Arn)(Equals|Like)(IfExists)?$/.test(operator)) return false
        return Object.entries(keys).every(([key, values]) => {
          const fact = facts[key.toLowerCase()]
          return fact !== undefined && list(values).some(value => like(value, fact))
        })
      }),
  )
  return matching.some(one => one.Effect === 'Allow') && !matching.some(one => one.Effect === 'Deny')
}

function isWriter(principal: Statement['Principal']): boolean {
  if (principal === '*') return true
  const aws = list(principal?.AWS)
  return (
    list(principal?.Service).includes(WRITERS.Service) ||
    aws.includes('*') ||
    aws.some(one => WRITERS.AWS.includes(one))
  )
}

function list<T>(value: T | T[] | undefined): T[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

function like(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(text)
}

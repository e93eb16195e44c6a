import type { RouteOptions } from 'fastify'

/**
 * The problems that any route of its kind can answer with, by status: what follows from its having a body, parameters or
 * a signed-in user. What is particular to a route stands in its own configuration.
 */
export function usualProblems({ url, schema }: Pick<RouteOptions, 'url' | 'schema'>): Record<number, string> {
  const { body, querystring, params, headers, security } = schema ?? {}
  const takesBody = body !== undefined
  const takesAnything = takesBody || [querystring, params, headers].some(part => part !== undefined)
  const { properties = {} } = (querystring ?? {}) as { properties?: object }
  const isShared = 'subject' in properties
  const signedIn = url.startsWith('/api/v1/') && !(Array.isArray(security) && security.length === 0)
  const problems: [status: number, when: boolean, what: string][] = [
    [400, takesBody, 'The body cannot be read: it is not JSON, or broke off'],
    [401, signedIn, 'No access token, or one that is not valid (any more)'],
    [404, params !== undefined || isShared, 'There is nothing of this id, or it is not yours'],
    [410, signedIn, 'The account has been erased'],
    [413, takesBody, 'The body is larger than this route takes'],
    [415, takesBody, 'The body is of a media type that this route does not take'],
    [422, takesAnything, 'A field does not hold what it must; errors names each'],
    [429, url.startsWith('/api/'), 'Too many requests; try again after Retry-After seconds'],
    [500, url.startsWith('/api/'), 'Something went wrong here; the detail has the request id to quote'],
    [
      503,
      url.startsWith('/api/'),
      'A part that this needs does not answer; try again after Retry-After seconds',
    ],
  ]
  return Object.fromEntries(problems.flatMap(([status, when, what]) => (when ? [[status, what]] : [])))
}

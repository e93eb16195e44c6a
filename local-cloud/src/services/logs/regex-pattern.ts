import { invalid } from './records.ts'

/**
 * The regular expression between two `%`. CloudWatch Logs takes a small language: letters, digits, `_ # = @ / ; , -`,
 * space, classes, `. ? * + ^ $ |`, `{n}`, `\\d \\D \\s \\S \\w \\W`, and escapes. Groups, look-around and references it does not.
 * @throws AwsError InvalidParameterException
 */
export function regexOf(source: string): RegExp {
  if (/(?<!\\)[()]/.test(source.replace(/\[[^\]]*\]/g, '')))
    throw invalid(`Invalid filter pattern: '%${source}%': regular expressions have no groups here, as on AWS`)
  try {
    return new RegExp(source)
  } catch {
    throw invalid(`Invalid filter pattern: '%${source}%' is no regular expression`)
  }
}

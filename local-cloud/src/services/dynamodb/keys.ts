import type { Range } from './dynalite.ts'

/** Where things lie in the one key space. Table names hold no `~`. */
export const keys = {
  table: (name: string) => `table~${name}`,
  item: (table: string) => `item-${table}~`,
  index: (type: string, table: string, index: string) => `index-${type.toLowerCase()}~${table}~${index}~`,
  /** What items were before they changed; see history.ts. */
  history: (table: string) => `history-${table}~`,
  backup: (id: string) => `backup~${id}`,
  backupItem: (id: string) => `backup-item-${id}~`,
  token: (token: string) => `token~${token}`,
  /** Every key that begins with `<space>~` and what follows. */
  all: (space: string): Range => ({ gte: `${space}~`, lt: `${space}~\u{ff}` }),
}

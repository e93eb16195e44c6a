/** One character with how it is painted: bold, dim, and the colour's number (31 red, 32 green, …). */
export interface Cell {
  character: string
  bold: boolean
  dim: boolean
  colour?: number
}

/** A terminal of a fixed size that knows what our command line and `make` write: text, colours, and redrawn last lines. */
export interface Terminal {
  write(text: string): void
  /** The rows that are seen now, from the top; trailing empty cells are left out. */
  screen(): Cell[][]
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const TOKEN = /\u001b\[([\d;]*)([A-Za-z])|[\s\S]/gu

/** @param columns where a line goes on in the next row @param rows what does not fit scrolls out at the top */
export function createTerminal(columns: number, rows: number): Terminal {
  let lines: Cell[][] = [[]]
  let [row, column] = [0, 0]
  let pen: Omit<Cell, 'character'> = { bold: false, dim: false }

  function newLine(): void {
    row++
    lines[row] ??= []
    if (lines.length <= rows) return
    lines = lines.slice(1)
    row--
  }

  function put(character: string): void {
    if (column === columns) {
      newLine()
      column = 0
    }
    const line = lines[row] as Cell[]
    while (line.length < column) line.push({ character: ' ', bold: false, dim: false })
    line[column++] = { character, ...pen }
  }

  function paint(codes: number[]): void {
    for (const code of codes) {
      if (code === 0) pen = { bold: false, dim: false }
      else if (code === 1) pen = { ...pen, bold: true }
      else if (code === 2) pen = { ...pen, dim: true }
      else if (code >= 30 && code < 38) pen = { ...pen, colour: code }
    }
  }

  /** The sequences of the live view; any other changes nothing that is seen. */
  function control(parameters: string, command: string): void {
    const count = Number(parameters || 1)
    if (command === 'm') paint(parameters.split(';').map(Number))
    else if (command === 'A') row = Math.max(0, row - count)
    else if (command === 'K') lines[row]?.splice(column)
    else if (command === 'J') {
      lines[row]?.splice(column)
      lines = lines.slice(0, row + 1)
    }
  }

  return {
    write: text => {
      for (const [token, parameters = '', command] of text.matchAll(TOKEN)) {
        if (command) control(parameters, command)
        else if (token === '\n') newLine()
        else if (token === '\r') column = 0
        else if (token >= ' ') put(token)
      }
    },
    screen: () => lines.map(line => [...line]),
  }
}

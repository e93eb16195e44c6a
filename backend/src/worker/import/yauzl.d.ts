/** The part of yauzl 3 that is used here: https://github.com/thejoshwolfe/yauzl#api */
declare module 'yauzl' {
  import type { Readable } from 'node:stream'

  export interface Entry {
    fileName: string
    uncompressedSize: number
  }

  export interface ZipFile {
    eachEntry(): AsyncIterable<Entry>
    openReadStreamPromise(entry: Entry): Promise<Readable>
    close(): void
  }

  export class RandomAccessReader {
    _readStreamForRange(start: number, end: number): Readable
  }

  export function fromRandomAccessReaderPromise(
    reader: RandomAccessReader,
    totalSize: number,
    options?: { autoClose?: boolean },
  ): Promise<ZipFile>
}

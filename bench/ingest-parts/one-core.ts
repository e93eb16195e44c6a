import { benchCodec } from './codec.ts'

/** `benchCodec` in a process of its own, so that its flags are its own: `node --single-threaded-gc one-core.ts <days>`. */
await benchCodec(line => void process.stdout.write(`${line}\n`), Number(process.argv[2]))

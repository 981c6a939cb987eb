/** Where Node keeps what it has compiled, for each process that a test starts: the folder that bin/kuvert names. */
import { resolve } from 'node:path';

export const compiled = { NODE_COMPILE_CACHE: resolve('node_modules/.cache/kuvert') };

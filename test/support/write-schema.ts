/** `npm run schema`: writes src/store/schema.sql from a new database that the migrations made. */
import { writeFileSync } from 'node:fs';
import { migrate } from '../../src/store/migrate.ts';
import { createPool } from '../../src/store/pool.ts';
import { dumpSchema, schemaFile } from './schema-dump.ts';
import { ownServers } from './servers.ts';

const servers = await ownServers({ postgres: true });
const pool = createPool({ url: servers.postgres?.url ?? '', connections: 2, name: 'schema' });
try {
  await migrate(pool);
  writeFileSync(schemaFile, await dumpSchema(pool));
} finally {
  await pool.close();
  await servers.stop();
}

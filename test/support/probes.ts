/** Asking the listener for metrics and probes. */
export interface Probe {
  readonly status: number;
  readonly ready: boolean;
  /** Names of the checks that failed, with since when. */
  readonly late: Readonly<Record<string, string>>;
}

export interface Probes {
  get(
    path: string,
    method?: string,
  ): Promise<{ readonly status: number; readonly type: string; readonly body: string }>;
  ready(): Promise<Probe>;
  /** The value of `name{labels}`; undefined: there is no such line. */
  metric(line: string): Promise<number | undefined>;
}

export function probesAt(port: number | undefined): Probes {
  if (port === undefined) throw new Error('there is no listener for probes');
  const get: Probes['get'] = async (path, method = 'GET') => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { connection: 'close' } });
    return {
      status: answer.status,
      type: answer.headers.get('content-type') ?? '',
      body: await answer.text(),
    };
  };
  return {
    get,
    ready: async () => {
      const { status, body } = await get('/readyz');
      const { ready, checks } = JSON.parse(body) as {
        ready: boolean;
        checks: { name: string; ready: boolean; since?: string }[];
      };
      const late = checks.filter((check) => !check.ready).map(({ name, since = '' }) => [name, since]);
      return { status, ready, late: Object.fromEntries(late) as Record<string, string> };
    },
    metric: async (line) => {
      const { body } = await get('/metrics');
      const found = body.split('\n').find((one) => one.startsWith(`${line} `));
      return found === undefined ? undefined : Number(found.slice(line.length + 1));
    },
  };
}

/** Looks at a source tree and says, one sentence each, where it breaks the house rules. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { awaited, doors, emptyNames, floors, mostLines, neighbours, outerWorld, reserved } from './house.ts';

export interface Inspection {
  /** TypeScript files under src/ and of the outer world. */
  readonly files: readonly string[];
  /** Those of them that the dependency cruiser read. */
  readonly seen: readonly string[];
  readonly violations: readonly string[];
}

/** Inspects `src`, and the outer world if there is one, in the folder `root`, which also holds node_modules. */
export async function inspect(root: string): Promise<Inspection> {
  const files = ['src/', outerWorld].flatMap((folder) => filesIn(root, folder)).sort();
  const { modules, summary } = await graphOf(root);
  const seen = modules.map((module) => module.source).filter((source) => files.includes(source));
  const imports = summary.violations.map(({ from, to, rule }) =>
    from === to ? `${from}: ${rule.name}` : `${from} imports ${to}: ${rule.name}`,
  );
  // A declaration of somebody else's types is imported by nobody.
  const unused = modules
    .filter(({ source }) => seen.includes(source) && source !== 'src/main.ts')
    .filter(({ source }) => source.startsWith('src/'))
    .filter(({ source }) => !source.endsWith('.d.ts'))
    .filter(({ source, dependents }) => (dependents?.length === 0) !== awaited.includes(source))
    .map(
      ({ source }) =>
        `${source}: ${awaited.includes(source) ? 'imported, so it must leave the list of what is awaited' : 'nothing in src imports it'}`,
    );
  return {
    files,
    seen,
    violations: [...imports, ...(existsSync(join(root, 'src/main.ts')) ? unused : []), ...contents(root, files)],
  };
}

function filesIn(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}${name}`);
}

async function graphOf(root: string): Promise<ICruiseResult> {
  const roots = ['src', outerWorld.slice(0, -1)].filter((folder) => existsSync(join(root, folder)));
  const { output } = await cruise(roots, {
    baseDir: root,
    // The cruiser cannot use TypeScript 7 and then sees nothing at all; swc reads the same files.
    parser: 'swc',
    // Imports of types are knowledge too.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
    validate: true,
    ruleSet: { forbidden: rules() },
  });
  if (typeof output === 'string') throw new Error(`the dependency cruiser answered in text: ${output}`);
  return output;
}

function rules(): IForbiddenRuleType[] {
  return [
    ...floorRules(),
    ...doorRules(),
    { name: 'an import cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'the outer world knows only itself and Node',
      severity: 'error',
      from: { path: `^${outerWorld}` },
      to: { pathNot: `^${outerWorld}`, dependencyTypesNot: ['core'] },
    },
  ];
}

/** Rooms that a file of `room` may import from, its own among them. */
function known(room: string, floor: number): string[] {
  const beside = neighbours.filter(({ from }) => from === room).map(({ to }) => to);
  return [room, ...floors.slice(0, floor).flat(), ...beside];
}

function floorRules(): IForbiddenRuleType[] {
  const rooms = floors.flat();
  const perRoom = floors.flatMap((names, floor) =>
    names.map(
      (room): IForbiddenRuleType => ({
        name: `${room} may know only ${known(room, floor).join(', ')}`,
        severity: 'error',
        from: { path: `^src/${room}/` },
        to: { path: '^(src|test)/', pathNot: `^src/(${known(room, floor).join('|')})/` },
      }),
    ),
  );
  return [
    ...perRoom,
    {
      name: 'the domain is pure and imports nothing else',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: '^src/' },
    },
    {
      name: `no such room; there are ${rooms.join(', ')} and main.ts`,
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/((${rooms.join('|')})/|main\\.ts$)` },
      to: {},
    },
    { name: 'only files that exist can be imported', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ];
}

function doorRules(): IForbiddenRuleType[] {
  const escaped = (name: string): string => name.replaceAll('.', '\\.');
  const folder = (name: string): string => `node_modules/(@types/)?${escaped(name)}/`;
  return [
    ...Object.entries(doors).map(
      ([library, door]): IForbiddenRuleType => ({
        name: `${library} comes in only by ${door}`,
        severity: 'error',
        from: { path: '^src/', pathNot: `^src/${door}` },
        to: { path: folder(library) },
      }),
    ),
    {
      name: 'this library has no door',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: 'node_modules/', pathNot: Object.keys(doors).map(folder) },
    },
  ];
}

/** What can be said of a file by reading it: length, name, and things that only one place may touch. */
function contents(root: string, files: readonly string[]): string[] {
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const isOurs = file.startsWith('src/');
    const name = file.slice((isOurs ? 'src/' : outerWorld).length);
    const lines = text.split('\n').length - 1;
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    return [
      ...(lines > mostLines ? [`${file}: ${lines} lines, at most ${mostLines}`] : []),
      ...(emptyNames.test(name.replace(/\.ts$/, '')) ? [`${file}: a name that says nothing`] : []),
      ...reserved
        .filter(({ pattern, where }) => isOurs && pattern.test(code) && !where.test(name))
        .map(({ what }) => `${file}: touches ${what}`),
    ];
  });
}

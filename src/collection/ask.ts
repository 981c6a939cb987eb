/** What a request of a supplier asks for. It has been held against the contract before it comes here. */
import { Fault } from '../domain/fault.ts';

type Query = Readonly<Record<string, unknown>>;

/** A whole number among the parameters of the URL. */
export const numberIn = (query: Query, name: string, usual: number): number => Number(query[name] ?? usual);

/** A sequence number, as it stands in the envelope or without its zeros; undefined when it was not given. */
export const sequenceIn = (query: Query, name: string): string | undefined => query[name] as string | undefined;

/** `{"ids": […]}` */
export const idsIn = (body: unknown): readonly string[] => (body as { ids: readonly string[] }).ids;

/** The same for an id that does not exist and for one that is somebody else's. */
export const noSuchMessage = (): Fault => new Fault('not-found', 'no message of yours has this id');

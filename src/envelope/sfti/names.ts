/** The words of the SFTI envelope (Standard Business Document) that both writing and reading go by. */
export const headerNamespace = 'urn:sfti:documents:StandardBusinessDocumentHeader';
/** Identifiers are ISO 6523: 0007 is Sweden's organisation numbers. */
export const authority = 'iso6523-actorid-upis';
export const identifierPrefix = '0007:';

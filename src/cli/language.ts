/** In which language sentences are said. Everything else here is English. */
import { Option } from 'commander';
import { languages } from '../operations/catalogue.ts';

export function languageOption(): Option {
  return new Option('--language <language>', 'of the sentences that say why').choices(languages).default('en');
}

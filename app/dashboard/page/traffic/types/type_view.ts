import { useEffect, useState } from 'preact/hooks';
import { announce } from '../../frame/announcer.js';
import { goTo } from '../../frame/navigation.js';
import { PageHeading } from '../../frame/page_heading.js';
import { html, type View } from '../../frame/view.js';
import { useLoaded } from '../../shared/loading.js';
import { ActionErrorNote, LoadedView } from '../../shared/notes.js';
import { useAction } from '../../shared/use_action.js';
import { NEW_TYPE_HASH, TYPES_HASH, typeHash } from '../place.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { type CameraType, type Definition, readType, removeType } from './api.js';
import { newField, type TypeDraft, toDraft } from './type_draft.js';
import { TypeForm } from './type_form.js';
import { VersionsCard } from './versions_card.js';

const NEW: TypeDraft = { ...toDraft(undefined), fields: [newField()] };

/** Deletes a type that no camera has, after a confirmation. */
function RemoveType({ name }: { name: string }): View {
  const { t } = useTrafficWords();
  const [isSure, setSure] = useState(false);
  const { isBusy, error, run } = useAction();
  const remove = () =>
    run(async () => {
      await removeType(name);
      announce(t('types.removed', { name }));
      goTo(TYPES_HASH);
    });
  if (!isSure)
    return html`<p><button type="button" class="button button-quiet" onClick=${() => setSure(true)}>${t('types.remove')}</button></p>`;
  return html`<div class="note note-bad"><p>${t('types.removeSure', { name })}</p>
    ${error && html`<${ActionErrorNote} error=${error} />`}
    <p class="tools"><button type="button" class="button button-bad" disabled=${isBusy} onClick=${remove}>${t('types.removeYes')}</button>
      <button type="button" class="button" onClick=${() => setSure(false)}>${t('cameras.close')}</button></p></div>`;
}

function KnownType({ type, onSaved }: { type: CameraType; onSaved: () => void }): View {
  const { t } = useTrafficWords();
  const { name, version } = type;
  const [draft, setDraft] = useState(() => toDraft(type));
  useEffect(() => setDraft(toDraft(type)), [version]);
  const take = (definition: Definition) => {
    setDraft(toDraft(definition));
    document.getElementById('content')?.focus();
  };
  return html`<${PageHeading} title=${name} lead=${t('types.inForceVersion', { version })}>
      <a class="button button-quiet" href=${`${NEW_TYPE_HASH}?from=${name}`}>${t('types.copy')}</a>
      <a class="button button-quiet" href=${TYPES_HASH}>${t('types.back')}</a>
    </${PageHeading}>
    <${TypeForm} name=${name} draft=${draft} onDraft=${setDraft} onSaved=${onSaved} />
    <${VersionsCard} name=${name} current=${version} onTake=${take} />
    <${RemoveType} name=${name} />`;
}

function NewType({ begin }: { begin: TypeDraft }): View {
  const { t } = useTrafficWords();
  const [draft, setDraft] = useState(begin);
  return html`<${PageHeading} title=${t('types.new')} lead=${t('types.newLead')}>
      <a class="button button-quiet" href=${TYPES_HASH}>${t('types.back')}</a>
    </${PageHeading}>
    <${TypeForm} name=${undefined} draft=${draft} onDraft=${setDraft} onSaved=${({ name }: CameraType) => goTo(typeHash(name))} />`;
}

/** A camera type, or a new one. `copyOf`: the type whose definition a new one begins with. */
export function TypeView({ typeName, copyOf }: { typeName: string | undefined; copyOf?: string | undefined }): View {
  const source = typeName ?? copyOf;
  const loaded = useLoaded(source === undefined ? undefined : (signal) => readType(source, signal), [source]);
  if (source === undefined) return html`<${NewType} begin=${NEW} />`;
  return html`<${LoadedView} loaded=${loaded} render=${(type: CameraType) =>
    typeName === undefined
      ? html`<${NewType} key=${type.name} begin=${toDraft(type)} />`
      : html`<${KnownType} type=${type} onSaved=${loaded.reload} />`} />`;
}

/** A picker of files without a face of its own: whoever has its ref opens it with `click()`. */
import type { ChangeEvent, ReactNode, Ref } from 'react';

interface FileInputProps {
  ref: Ref<HTMLInputElement>;
  label: string;
  /** Endings and types, as of the attribute; absent: any file. */
  accept?: string;
  /** Default `many`. */
  pick?: 'one' | 'many' | 'folder';
  /** Not called where nothing was picked. */
  onFiles(files: File[]): void;
}

export function FileInput({ ref, label, accept, pick = 'many', onFiles }: FileInputProps): ReactNode {
  const take = ({ currentTarget: input }: ChangeEvent<HTMLInputElement>): void => {
    const files = [...(input.files ?? [])];
    // Emptied, so that the same file can be picked again.
    input.value = '';
    if (files.length > 0) onFiles(files);
  };
  return (
    <input
      ref={ref}
      type="file"
      multiple={pick !== 'one'}
      className="unseen"
      tabIndex={-1}
      aria-label={label}
      accept={accept}
      {...(pick === 'folder' ? { webkitdirectory: '' } : {})}
      onChange={take}
    />
  );
}

import { useEffect, useState } from 'preact/hooks';

/** The address of a picture in memory, as long as it is shown. */
export function usePictureUrl(picture: Blob): string | undefined {
  const [address, setAddress] = useState<string | undefined>();
  useEffect(() => {
    const made = URL.createObjectURL(picture);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [picture]);
  return address;
}

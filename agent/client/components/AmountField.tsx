/** A number that is saved when its field is left; an empty field means something, or is no answer. */
interface AmountFieldProps {
  label: string;
  /** Without it, a field that is emptied shows its value again. */
  empty: string | undefined;
  value: number | undefined;
  save(value?: number): void;
}

export function AmountField(props: AmountFieldProps) {
  return (
    <input
      type="number"
      min="0"
      step="any"
      placeholder={props.empty}
      aria-label={props.label}
      value={props.value ?? ""}
      onChange={({ currentTarget: field }) => {
        const value = field.valueAsNumber;
        if (value > 0 || (value === 0 && props.empty === undefined)) props.save(value);
        else if (props.empty !== undefined) props.save();
        else field.value = String(props.value);
      }}
    />
  );
}

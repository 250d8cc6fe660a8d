/** Custom properties are allowed in React's style attribute. */
import 'react';

declare module 'react' {
  interface CSSProperties {
    [property: `--${string}`]: string | number;
  }
}

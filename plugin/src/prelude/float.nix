/**
  A float as its sign, a mantissa and a power of two, exactly, in integers: Nix 2.8 shows six digits
  of a float, but its arithmetic is exact.

  # Example

  ```nix
  float (-0.75)
  => [ true 6755399441055744 (-53) ]
  ```
*/
let
  inherit (builtins) floor foldl' substring;

  twoTo =
    exponent:
    let
      half = twoTo (exponent / 2);
    in
    if exponent == 1 then 2.0 else half * half;

  # The least float takes more than all the powers once to get to 2^53.
  powers =
    map
      (exponent: {
        inherit exponent;
        factor = twoTo exponent;
      })
      [
        512
        512
        256
        128
        64
        32
        16
        8
        4
        2
        1
      ];

  two53 = twoTo 32 * twoTo 16 * twoTo 4 * twoTo 1;

  # Brings a float below 2^53 as near to it as powers of two do, which makes it whole.
  scaleUp =
    scaled: power:
    if scaled.mantissa * power.factor < two53 then
      {
        mantissa = scaled.mantissa * power.factor;
        exponent = scaled.exponent - power.exponent;
      }
    else
      scaled;

  # Brings a float from 2^53 on below it, without losing a bit.
  scaleDown =
    scaled: power:
    if scaled.mantissa / power.factor * 2.0 >= two53 then
      {
        mantissa = scaled.mantissa / power.factor;
        exponent = scaled.exponent + power.exponent;
      }
    else
      scaled;
in
value:
let
  negative = substring 0 1 (toString value) == "-";
  magnitude = if negative then 0.0 - value else value;
  scale = if magnitude < two53 then scaleUp else scaleDown;
  scaled = foldl' scale {
    mantissa = magnitude;
    exponent = 0;
  } powers;
in
if !(value < 0.0) && !(value > 0.0) && !(value == 0.0) then
  [ "nan" ]
else if magnitude > 1.7976931348623157e308 then
  [ (if negative then "-inf" else "inf") ]
else if magnitude == 0.0 then
  [
    negative
    0
    0
  ]
else
  [
    negative
    (floor scaled.mantissa)
    scaled.exponent
  ]

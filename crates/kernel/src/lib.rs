//! Values every service agrees on: identifiers, money, quantities, the clock.

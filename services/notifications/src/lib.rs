//! The mails a shopper gets.

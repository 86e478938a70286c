//! Products, variants, categories, media and sellers' listings.

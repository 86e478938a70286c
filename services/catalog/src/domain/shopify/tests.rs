//! Files as shops have them, and as they should not be.

use kernel::Currency;
use proptest::prelude::*;

use super::*;

const HEADER: &str = "Handle,Title,Body (HTML),Type,Published,Option1 Name,Option1 Value,Variant SKU,\
    Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Image Src\n";

fn file(rows: &str) -> reader::Contents {
    read(format!("{HEADER}{rows}").as_bytes(), Currency::EUR).unwrap()
}

fn errors(rows: &str) -> Vec<(u64, &'static str)> {
    file(rows).findings.iter().map(|found| (found.row, found.field.unwrap_or(""))).collect()
}

#[test]
fn rows_of_a_handle_are_one_product() {
    let contents = file(
        "top,Top,Warm,Women,true,Size,S,,,1,60,https://a.test/1.jpg\n\
         top,,,,,,M,top-m,shopify,4,60,\n\
         top,,,,,,,,,,,https://a.test/2.jpg\n",
    );
    let (top, rows) = &contents.products[0];

    assert_eq!((contents.products.len(), *rows, contents.rows), (1, 3, 3));
    assert_eq!(
        (top.variants.len(), top.pictures.len(), &top.options[..]),
        (2, 2, &["Size".into()][..])
    );
    assert!(!top.variants[0].tracked && top.variants[1].tracked);
    assert_eq!(top.variants[1].quantity, 4);
    assert_eq!(contents.findings, []);
}

#[test]
fn default_title_means_a_single_variant() {
    let (shirt, _) = &file("shirt,Shirt,,,true,Title,Default Title,,,1,50,\n").products[0];

    assert_eq!((shirt.options.len(), shirt.variants[0].values.len()), (0, 0));
}

#[test]
fn every_wrong_row_and_column_is_named_and_the_rest_goes_on() {
    let rows = "good,Good,,,true,Title,Default Title,,,1,50,\n\
         ,No handle,,,true,,,,,1,50,\n\
         untitled,,,,true,,,,,1,50,\n\
         dear,Dear,,,true,Size,S,,,1,\"50,0\",\n\
         dear,,,,,,M,a b,,1.5,50,\n\
         dear,,,,,,L,,,-2,50,\n\
         dear,,,,,,XL,,,1,50,ftp://a.test/x.png\n\
         dear,,,,,,XL,,,1,50,\n\
         maybe,Maybe,,,perhaps,,,,,,5,\n";

    assert_eq!(
        errors(rows),
        [
            (3, "Handle"),
            (4, "Title"),
            (5, "Variant Price"),
            (6, "Variant SKU"),
            (6, "Variant Inventory Qty"),
            (7, "Variant Inventory Qty"),
            (8, "Image Src"),
            (9, "Option1 Value"),
            (10, "Published"),
        ]
    );
    assert_eq!(file(rows).products.len(), 2);
}

#[test]
fn a_missing_option_value_or_price_is_named() {
    let rows = "a,A,,,true,Size,S,,,1,,\na,,,,,,,,,1,5,\n";

    assert_eq!(errors(rows), [(2, "Variant Price"), (3, "Option1 Value"), (2, "Variant Price")]);
}

#[test]
fn bytes_that_are_not_utf8_are_an_error_of_their_row() {
    let mut bytes = format!("{HEADER}a,Caf").into_bytes();
    bytes.extend(b"\xe9,,,true,,,,,,5,\nb,B,,,true,,,,,,5,\n");

    let contents = read(&bytes, Currency::EUR).unwrap();

    assert_eq!((contents.products.len(), contents.findings[0].field), (1, Some("Title")));
}

#[test]
fn a_row_with_too_many_fields_is_an_error() {
    assert_eq!(errors("a,A,,,true,,,,,,5,,,,x\n"), [(2, "")]);
}

#[test]
fn a_byte_order_mark_and_empty_rows_do_no_harm() {
    let rows = "\n,,,,,,,,,,,\na,A,,,,,,,,,5,\n";
    let contents = read(format!("\u{feff}{HEADER}{rows}").as_bytes(), Currency::EUR).unwrap();

    assert_eq!((contents.products.len(), contents.findings.len()), (1, 0));
}

#[test]
fn a_file_that_is_no_product_file_is_refused_as_a_whole() {
    assert_eq!(check(b" \n"), Err(FileError::Empty));
    assert_eq!(check(b"\xff\xfeH\0"), Err(FileError::Utf16));
    assert_eq!(check(b"Handle,T\xe9\n"), Err(FileError::HeaderNotUtf8));
    assert_eq!(
        check(b"Handle,Name\n"),
        Err(FileError::MissingColumns(vec!["Title", "Variant Price"]))
    );
}

#[test]
fn the_names_of_2025_are_read_as_well() {
    let new = "Title,URL handle,Status,Option1 name,Option1 value,Price,Inventory quantity\n\
               Mug,mug,Draft,Colour,Blue,12.50,3\n";
    let contents = read(new.as_bytes(), Currency::EUR).unwrap();

    assert!(!contents.products[0].0.published);
    assert_eq!(contents.products[0].0.variants[0].price.minor(), 1_250);
}

#[test]
fn the_fingerprint_does_not_depend_on_the_place_in_the_file() {
    let row = "a,A,,,true,,,,,,5,\n";
    let moved = file(&format!("b,B,,,true,,,,,,5,\n{row}"));

    assert_eq!(file(row).products[0].0.fingerprint(), moved.products[1].0.fingerprint());
    assert_ne!(moved.products[0].0.fingerprint(), moved.products[1].0.fingerprint());
}

proptest! {
    #[test]
    fn no_bytes_bring_the_reader_down(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut file = HEADER.as_bytes().to_vec();
        file.extend(bytes);

        prop_assert!(read(&file, Currency::EUR).is_ok());
    }
}

//! Pictures from outside: recognised by their first bytes, whatever their name or type says.

/// The largest picture, in bytes.
pub(crate) const LARGEST: usize = 5 * 1024 * 1024;

/// The kinds of picture that are taken from others. SVG is only drawn by us: it can carry scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Png,
    Jpeg,
    Webp,
}

/// Why bytes are no picture for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ImageError {
    #[error("a picture has at most 5 MB")]
    TooLarge,
    #[error("expected a picture of type PNG, JPEG or WebP")]
    NoImage,
}

impl Kind {
    /// Recognises a picture (PNG specification 5.2; JPEG, ITU-T T.81 annex B; WebP container, RFC 9649).
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, ImageError> {
        if bytes.len() > LARGEST {
            return Err(ImageError::TooLarge);
        }
        let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
        match bytes {
            _ if webp => Ok(Self::Webp),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Ok(Self::Jpeg),
            _ => Err(ImageError::NoImage),
        }
    }

    pub(crate) const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
        }
    }

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }
}

/// Leaves out what a camera writes into a JPEG besides the picture (Exif and XMP, segments APP1 and APP13,
/// comments): it can name the place where a seller lives. Colour profiles stay.
pub(crate) fn without_camera_notes(kind: Kind, bytes: &[u8]) -> Vec<u8> {
    if kind != Kind::Jpeg {
        return bytes.to_vec();
    }
    let mut kept = vec![0xff, 0xd8];
    let mut rest = bytes.get(2..).unwrap_or_default();
    while let [0xff, marker, high, low, ..] = *rest {
        // From the start of scan on there are no more segments to look at.
        if marker == 0xda {
            break;
        }
        let length = usize::from(u16::from_be_bytes([high, low])) + 2;
        let Some((segment, behind)) = rest.split_at_checked(length) else { break };
        if !matches!(marker, 0xe1 | 0xed | 0xfe) {
            kept.extend_from_slice(segment);
        }
        rest = behind;
    }
    kept.extend_from_slice(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_known_by_their_first_bytes() {
        assert_eq!(Kind::of(b"\x89PNG\r\n\x1a\n..."), Ok(Kind::Png));
        assert_eq!(Kind::of(b"\xff\xd8\xff\xe0"), Ok(Kind::Jpeg));
        assert_eq!(Kind::of(b"RIFF\0\0\0\0WEBPVP8 "), Ok(Kind::Webp));
        for wrong in [&b"<svg xmlns=\"\"/>"[..], b"GIF89a", b"", b"RIFF\0\0\0\0WAVE", b"<html>"] {
            assert_eq!(Kind::of(wrong), Err(ImageError::NoImage));
        }
    }

    #[test]
    fn a_picture_has_at_most_five_megabytes() {
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        png.resize(LARGEST, 0);
        assert_eq!(Kind::of(&png), Ok(Kind::Png));

        png.push(0);

        assert_eq!(Kind::of(&png), Err(ImageError::TooLarge));
    }

    #[test]
    fn what_the_camera_noted_is_left_out() {
        let start = b"\xff\xd8";
        let (jfif, exif) = (b"\xff\xe0\x00\x04ab", b"\xff\xe1\x00\x06home");
        let scan = b"\xff\xda\x00\x02\x01\xff\xe1\x00\x06data\xff\xd9";
        let photo = [&start[..], jfif, exif, scan].concat();

        let kept = without_camera_notes(Kind::Jpeg, &photo);

        assert_eq!(kept, [&start[..], jfif, scan].concat());
        assert_eq!(
            without_camera_notes(Kind::Jpeg, b"\xff\xd8\xff\xe1\xff\xff"),
            b"\xff\xd8\xff\xe1\xff\xff"
        );
    }
}

#include "http/curl/gunzip.h"

#include <new>

#include <zlib.h>

namespace koppla::http {

struct Gunzip::Stream {
    z_stream z{};
};

Gunzip::Gunzip() : stream_{std::make_unique<Stream>()}, out_(std::size_t{128} << 10) {
    constexpr int gzip_window_bits = 15 + 16;
    if (inflateInit2(&stream_->z, gzip_window_bits) != Z_OK) throw std::bad_alloc{};
}

Gunzip::~Gunzip() {
    inflateEnd(&stream_->z);
}

Result<void> Gunzip::put(std::string_view bytes, const Taker& take) {
    auto& z = stream_->z;
    z.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
    z.avail_in = static_cast<uInt>(bytes.size());
    // A full piece says that more may be waiting inside.
    for (bool has_more = true; has_more && !(is_at_end_ && z.avail_in == 0);) {
        if (is_at_end_) return error(ErrorKind::corrupt, "bytes follow the end of the gzip stream");
        z.next_out = reinterpret_cast<Bytef*>(out_.data());
        z.avail_out = static_cast<uInt>(out_.size());
        const int code = inflate(&z, Z_NO_FLUSH);
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return error(ErrorKind::corrupt,
                         "the bytes are no gzip stream, although the server calls them so");
        is_at_end_ = code == Z_STREAM_END;
        if (const std::size_t made = out_.size() - z.avail_out; made > 0) TRY(take({out_.data(), made}));
        has_more = z.avail_in > 0 || z.avail_out == 0;
    }
    return {};
}

}  // namespace koppla::http

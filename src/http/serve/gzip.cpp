#include "http/serve/gzip.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <new>

#include <zlib.h>

namespace koppla::http {
namespace {

std::string compact(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c != ' ' && c != '\t') result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return result;
}

/// "q=0", "q=0.0", "q=0.000": not acceptable.
bool is_refusal(std::string_view weight) {
    return weight.starts_with("q=") && weight.find_first_not_of("0.", 2) == std::string_view::npos;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    const auto field = compact(accept_encoding);
    std::string_view rest = field;
    bool accepts_any = false;
    while (!rest.empty()) {
        const auto item = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), item.size() + 1));
        const auto coding = item.substr(0, item.find(';'));
        const bool is_accepted = coding.size() == item.size() || !is_refusal(item.substr(coding.size() + 1));
        if (coding == "gzip" || coding == "x-gzip") return is_accepted;
        if (coding == "*") accepts_any = is_accepted;
    }
    return accepts_any;
}

struct Gzip::Stream {
    z_stream z{};
};

Gzip::Gzip() : stream_{std::make_unique<Stream>()} {
    constexpr int gzip_window_bits = 15 + 16;
    if (deflateInit2(&stream_->z, Z_BEST_SPEED, Z_DEFLATED, gzip_window_bits, 9, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        throw std::bad_alloc{};
    }
}

Gzip::~Gzip() {
    deflateEnd(&stream_->z);
}

std::string Gzip::put(std::string_view bytes) {
    std::string result;
    constexpr std::size_t piece_bytes_max = std::size_t{1} << 30;  // zlib counts in 32 bits
    while (!bytes.empty()) {
        result += deflate_all(bytes.substr(0, piece_bytes_max), Z_NO_FLUSH);
        bytes.remove_prefix(std::min(bytes.size(), piece_bytes_max));
    }
    return result;
}

std::string Gzip::finish() {
    return deflate_all({}, Z_FINISH);
}

std::string Gzip::deflate_all(std::string_view bytes, int flush) {
    auto& z = stream_->z;
    std::string result;
    // NOLINTNEXTLINE: zlib's input pointer isn't const, but it only reads
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    z.avail_in = static_cast<uInt>(bytes.size());
    std::size_t used = 0;
    do {
        result.resize(used + std::max<std::size_t>(std::size_t{16} << 10, bytes.size() / 4));
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
        z.next_out = reinterpret_cast<Bytef*>(result.data() + used);
        z.avail_out = static_cast<uInt>(result.size() - used);
        deflate(&z, flush);
        used = result.size() - z.avail_out;
    } while (z.avail_out == 0);
    result.resize(used);
    return result;
}

}  // namespace koppla::http

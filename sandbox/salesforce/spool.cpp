#include "sandbox/salesforce/spool.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace koppla::sandbox {
namespace {

Error failed(std::string_view what, const std::filesystem::path& file) {
    return error(ErrorKind::unavailable, std::string{what} + " " + file.string() + ": " +
                                             std::generic_category().message(errno) +
                                             "; look at the disk's free space and permissions");
}

void remove_quietly(const std::filesystem::path& file) {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
}

/// Skips `rows` rows; a row ends at a line feed outside of quotes.
std::uint64_t skip_rows(std::string_view bytes, std::uint64_t at, std::int64_t rows) {
    bool quoted = false;
    while (rows > 0 && at < bytes.size()) {
        const char c = bytes[at++];
        if (c == '"') quoted = !quoted;
        if (c == '\n' && !quoted) --rows;
    }
    return at;
}

}  // namespace

Spool::~Spool() {
    if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
    remove_quietly(file_);
}

std::uint64_t Spool::offset(std::int64_t row) const {
    if (row >= rows_) return bytes_.size();
    const auto step = static_cast<std::size_t>(row / Writer::rows_per_step);
    return skip_rows(bytes_, index_[step], row % Writer::rows_per_step);
}

std::string_view Spool::range(std::int64_t from, std::int64_t to) const {
    const auto begin = offset(from);
    return bytes_.substr(begin, offset(to) - begin);
}

std::int64_t Spool::end_within(std::int64_t from, std::uint64_t bytes_max) const {
    const auto limit = offset(from) + bytes_max;
    if (limit >= bytes_.size()) return rows_;
    const auto beyond = std::ranges::upper_bound(index_, limit) - index_.begin();
    return std::max(from + 1, (beyond - 1) * Writer::rows_per_step);
}

Result<std::unique_ptr<Spool::Writer>> Spool::Writer::create(std::filesystem::path file) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) return failed("can't make the result file", file);
    return std::unique_ptr<Writer>{new Writer{std::move(file), descriptor}};
}

Spool::Writer::Writer(std::filesystem::path file, int descriptor)
    : file_{std::move(file)}, descriptor_{descriptor} {}

Spool::Writer::~Writer() {
    ::close(descriptor_);
    if (!file_.empty()) remove_quietly(file_);
}

Result<void> Spool::Writer::append(std::string_view bytes, std::int64_t rows) {
    index_.push_back(size_);
    size_ += bytes.size();
    rows_ += rows;
    while (!bytes.empty()) {
        const auto written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failed("can't write the result file", file_);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<std::shared_ptr<const Spool>> Spool::Writer::finish() {
    std::shared_ptr<Spool> spool{new Spool};
    spool->file_ = std::exchange(file_, {});
    spool->index_ = std::move(index_);
    spool->rows_ = rows_;
    if (size_ > 0) {
        void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor_, 0);
        if (mapped == MAP_FAILED) return failed("can't read back the result file", spool->file_);
        spool->bytes_ = {static_cast<const char*>(mapped), size_};
    }
    return std::shared_ptr<const Spool>{std::move(spool)};
}

}  // namespace koppla::sandbox

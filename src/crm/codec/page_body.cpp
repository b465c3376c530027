#include "crm/codec/page_body.h"

#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

namespace koppla {

PageBody::PageBody(model::Batch empty, std::size_t bytes_max)
    : batch{std::move(empty)}, bytes_max_{bytes_max} {
    batch.recycle(0);
}

Result<void> PageBody::put(std::string_view bytes) {
    model::Page& page = batch.page;
    if (bytes.size() > bytes_max_ - page.size) {
        return error(ErrorKind::corrupt,
                     fmt::format("a page of records has more than {} bytes; use fewer fields", bytes_max_));
    }
    page.reserve(page.size + bytes.size() + simdjson::SIMDJSON_PADDING);
    std::memcpy(page.bytes.get() + page.size, bytes.data(), bytes.size());
    page.size += bytes.size();
    return {};
}

}  // namespace koppla

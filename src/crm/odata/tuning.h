#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

/// Every figure that was chosen, with its reason; a bound of others names its source.
namespace koppla::odata::tuning {

/// A page is kept whole, as it came: a wide table's longest rows have some 30 KB in 1,000 rows of a page.
inline constexpr std::size_t page_bytes_max = std::size_t{128} << 20;

/// Pages are asked for so that they have about this much: some four of them are in memory at a time, and a
/// larger one would hardly save requests.
inline constexpr std::size_t page_bytes_wanted = std::size_t{6} << 20;

/// A member of a record: its name, its value, and what stands around them.
inline constexpr std::size_t member_bytes = 40;

inline constexpr int page_rows_min = 250;

/// [Dataverse: Page results]: at most 5,000; other services set bounds of their own.
inline constexpr int page_rows_max = 5'000;

/// [Dataverse: Query data using the Web API]: 32 KB with the server's name; servers and proxies of others
/// mostly take less and say so themselves.
inline constexpr std::size_t url_bytes_max = 32'000;

/// One document describes them all, so that as many as anybody wants cost one request.
inline constexpr int objects_per_describe = 1'000;

/// How long the metadata that were read are good enough: for what a person does in one go.
inline constexpr std::chrono::seconds metadata_kept{60};

/// Records of a page, by how many members each has.
constexpr int page_rows(std::size_t members) {
    const std::size_t rows = page_bytes_wanted / (std::max<std::size_t>(members, 1) * member_bytes + 60);
    return static_cast<int>(std::clamp<std::size_t>(rows, page_rows_min, page_rows_max));
}

}  // namespace koppla::odata::tuning

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace koppla::sandbox {

/// How many rows a sandbox is to change by itself.
struct ChangeCounts {
    std::int64_t updates = 0;
    std::int64_t deletes = 0;
    std::int64_t inserts = 0;
};

/// Which it has changed.
struct ChangedIds {
    std::vector<std::string> updated;
    std::vector<std::string> deleted;
    std::vector<std::string> inserted;
};

}  // namespace koppla::sandbox

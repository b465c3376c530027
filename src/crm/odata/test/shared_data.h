#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace koppla::odata::test {

/// What stands beside this checkout, or where KOPPLA_SHARED says; not there in a bare checkout.
inline std::filesystem::path shared_data(std::string_view folder) {
    const char* const set = std::getenv("KOPPLA_SHARED");
    const std::filesystem::path shared = set != nullptr
                                             ? std::filesystem::path{set}
                                             : std::filesystem::path{__FILE__} / "../../../../../../shared";
    return (shared / "data/dataverse" / folder).lexically_normal();
}

inline std::string content(const std::filesystem::path& file) {
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

}  // namespace koppla::odata::test

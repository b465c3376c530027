#pragma once

#include "base/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace koppla::sandbox {

/// The file's text; nothing when there is no such file.
Result<std::optional<std::string>> read_file(const std::filesystem::path& file);

enum class Readers { owner, everybody };

/// Writes beside the file, then renames: a reader sees the whole text or none.
Result<void> replace_file(const std::filesystem::path& file, std::string_view text, Readers readers);

}  // namespace koppla::sandbox

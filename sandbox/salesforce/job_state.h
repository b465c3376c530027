#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace koppla::sandbox {

/// Of a Bulk API 2.0 job; one that queries is never `open`. [Salesforce: Bulk API 2.0]
enum class JobState : std::uint8_t { open, upload_complete, in_progress, job_complete, failed, aborted };

[[nodiscard]] constexpr std::string_view state_name(JobState state) {
    constexpr std::array<std::string_view, 6> names{"Open",        "UploadComplete", "InProgress",
                                                    "JobComplete", "Failed",         "Aborted"};
    return names.at(static_cast<std::size_t>(state));
}

[[nodiscard]] constexpr bool is_over(JobState state) {
    return state == JobState::job_complete || state == JobState::failed || state == JobState::aborted;
}

}  // namespace koppla::sandbox

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Dataverse's own bounds. [Dataverse: Service protection API limits; Page results]
namespace koppla::dynamics::limits {

/// Requests of one user at the same time.
inline constexpr int requests_in_flight_max = 52;

/// Records of a result page.
inline constexpr int page_rows_max = 5'000;

/// Requests of one user within the window, on one web server.
inline constexpr std::int64_t requests_a_window = 6'000;
inline constexpr std::chrono::seconds window{300};

}  // namespace koppla::dynamics::limits

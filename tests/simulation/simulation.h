#pragma once

#include "simulation/world.h"
#include "transfer/import.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace koppla::simulation {

/// What came of one seed, or of many.
struct Figures {
    std::int64_t seeds = 0;
    std::int64_t imports = 0;
    std::int64_t interrupted = 0;  ///< by trouble, and gone on with by the next import
    std::int64_t stops = 0;
    std::int64_t kills = 0;
    std::int64_t rows = 0;  ///< read by imports that ended
    std::int64_t requests = 0;
    std::int64_t calls = 0;  ///< that the org charged
    std::int64_t changes = 0;
    std::map<std::string, std::int64_t, std::less<>> faults{};  ///< that struck, by kind
    void operator+=(const Figures& other);
};
std::string table_of(const Figures& figures);

/// To prove that the simulation finds what it is there for.
enum class Sabotage { none, no_safety_lag, lossy_store };

struct Outcome {
    std::string failure;  ///< empty where everything held
    Figures figures;
    std::uint64_t trace = 0;  ///< the same for every run of a seed
};

/// What a seed stands for.
struct Profile {
    std::string object;
    ReadPath path = ReadPath::pages;
    std::int64_t rows = 0;
    std::int64_t page_rows = 0;
    double fault_rate = 0;
    double refusals = 0;
    double changes = 0;  ///< the chance that somebody changes records between two requests
    double ends = 0;     ///< the chance that an import ends before its time
    std::chrono::milliseconds late{0};
    int rounds = 1;
    std::vector<sandbox::Fault> faults;
};
Profile draw_profile(Chance& chance);
std::string words(const Profile& profile);

/// Imports one object of a sandbox again and again, under faults, changes and restarts, until the trouble is
/// over; then the table has to be what the sandbox has, and a change made afterwards has to arrive.
Outcome simulate(std::uint64_t seed, Templates& templates, Sabotage sabotage = Sabotage::none);

}  // namespace koppla::simulation

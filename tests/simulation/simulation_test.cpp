#include "simulation/simulation.h"

#include <chrono>
#include <cstdlib>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace koppla::simulation {
namespace {

using namespace std::chrono_literals;

/// KOPPLA_SEED, or one that nobody has seen yet.
std::uint64_t first_seed() {
    if (const char* given = std::getenv("KOPPLA_SEED")) return std::stoull(given);
    return std::random_device{}();
}

struct Extent {
    std::int64_t seeds;
    std::chrono::seconds time;
};

Extent extent() {
    return std::getenv("KOPPLA_SOAK") != nullptr ? Extent{.seeds = 10'000, .time = 2h}
                                                 : Extent{.seeds = 1'000, .time = 40s};
}

TEST(Simulation, EveryRowArrivesOnceWhateverGoesWrong) {
    const std::uint64_t first = first_seed();
    const auto [seeds, time] = extent();
    const auto begun = std::chrono::steady_clock::now();
    const auto spent = [&] { return std::chrono::steady_clock::now() - begun; };
    Templates templates;
    Figures figures;
    for (std::uint64_t seed = first; figures.seeds < seeds && spent() < time; ++seed) {
        const Outcome outcome = simulate(seed, templates);
        figures += outcome.figures;
        ASSERT_EQ(outcome.failure, "")
            << "seed " << seed << ", after " << figures.seeds << "; once more: KOPPLA_SEED=" << seed
            << " scripts/test -R 'simulation: Simulation'";
    }
    const double seconds = std::chrono::duration<double>(spent()).count();
    fmt::print("KOPPLA_SEED={}: {:.0f} s, {:.1f} seeds a second\n{}", first, seconds,
               static_cast<double>(figures.seeds) / seconds, table_of(figures));
}

TEST(Simulation, ASeedRepeatsItself) {
    Templates templates;
    const std::uint64_t first = first_seed();
    for (std::uint64_t seed = first; seed < first + 5; ++seed) {
        const Outcome once = simulate(seed, templates);
        const Outcome again = simulate(seed, templates);
        EXPECT_EQ(once.trace, again.trace) << "seed " << seed;
        EXPECT_EQ(once.failure, again.failure) << "seed " << seed;
        EXPECT_EQ(once.figures.rows, again.figures.rows) << "seed " << seed;
    }
}

/// The failure of the first seed that has one.
std::string first_failure(Sabotage sabotage) {
    Templates templates;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        if (auto outcome = simulate(seed, templates, sabotage); !outcome.failure.empty())
            return outcome.failure;
    }
    return "none of the seeds failed";
}

TEST(Simulation, FindsRowsThatBecomeVisibleLateWhereNoSafetyLagIsKept) {
    const std::string failure = first_failure(Sabotage::no_safety_lag);
    EXPECT_TRUE(failure.starts_with("after the trouble: ")) << failure;
}

TEST(Simulation, FindsRowsThatTheStoreLost) {
    const std::string failure = first_failure(Sabotage::lossy_store);
    EXPECT_NE(failure.find("is missing"), std::string::npos) << failure;
}

}  // namespace
}  // namespace koppla::simulation

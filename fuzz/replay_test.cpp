#include "fuzz/targets.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace koppla::fuzz {
namespace {

std::string content(const std::filesystem::path& file) {
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

/// What was found once isn't found again; and every input cut short, as a connection may cut it.
TEST(Fuzz, KeptInputsBreakNoRule) {
    for (const Target& target : targets) {
        SCOPED_TRACE(target.name);
        int inputs = 0;
        for (const auto& file :
             std::filesystem::directory_iterator{KOPPLA_FUZZ_CORPUS / std::filesystem::path{target.name}}) {
            const std::string input = content(file.path());
            target.run(input);
            target.run(std::string_view{input}.substr(0, input.size() / 2));
            ++inputs;
        }
        EXPECT_GT(inputs, 0);
    }
}

TEST(Fuzz, NoInputIsOneToo) {
    for (const Target& target : targets) target.run({});
}

}  // namespace
}  // namespace koppla::fuzz

# Every source is formatted as .clang-format says.
exec bash tools/format.sh check

# As test_long_oclgrind_coarse.sh on 16 x 16 x 16 voxels: several minutes.
exec bash tests/robust/oclgrind.sh 1 0.8
